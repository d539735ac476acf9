// The package's own version, as package.json has it. The build and the test runner write it instead of KIT_VERSION,
// so that no file is read at run time and the same line works in a browser.

declare const KIT_VERSION: string | undefined

/** The version of this package, such as `0.2.0`; `0.0.0-source` where the sources run as they are, not built. */
export const version: string = typeof KIT_VERSION === 'string' ? KIT_VERSION : '0.0.0-source'
