export { handler } from './run.ts'
