export { handler } from './pin.ts'
