/** The version, put in by the build. */

declare const STINT_VERSION: string | undefined

export const version: string = typeof STINT_VERSION === 'string' ? STINT_VERSION : '0.0.0-source'
