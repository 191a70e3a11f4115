/** Of the server; equal to the version in its package.json, which a test keeps so. */
export const version = '0.1.0'
