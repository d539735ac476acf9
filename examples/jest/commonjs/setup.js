const { webcrypto } = require('node:crypto')

// The mock signs as real runners do, and jsdom has no `crypto.subtle`.
Object.defineProperty(globalThis, 'crypto', { value: webcrypto })
