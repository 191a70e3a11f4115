export { transformGeo } from './plugin.ts'
