export { recommenderPopular } from './plugin.ts'
