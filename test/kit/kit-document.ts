// The kit's own document, with what it takes from the spec: beside the built spec, since reading the YAML takes longer than
// most tests.
import { readFileSync } from 'node:fs'
import { kitBeside } from '../../scripts/generate/generate.mjs'

const document = JSON.parse(readFileSync('dist/openapi.json', 'utf8')) as Record<string, unknown>

export const kit = kitBeside({ file: 'openapi.json', document, whereIs: () => null }, 'openapi/kit.yaml')
