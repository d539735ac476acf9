// Tests as ES modules, without any translation. It takes `node --experimental-vm-modules`, see package.json.
export default {
  testMatch: ['<rootDir>/esm/*.test.mjs'],
  transform: {},
}
