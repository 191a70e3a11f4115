export { recommenderCovisit } from './plugin.ts'
