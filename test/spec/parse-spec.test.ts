// What is read as an OpenAPI document; what a file that is none is told, test/kit/hostile-files.test.ts tries too.
import { expect, it } from 'vitest'
import { KitError } from '../../src/kernel/errors.js'
import { toSpecDocument } from '../../src/spec/parse-spec.js'

it.each([
  undefined,
  [],
  'a page',
  { paths: {} },
  { openapi: '4.0.0', paths: {} },
  { swagger: '2.0', paths: {} },
  { openapi: '3.1.0' },
])('toSpecDocument refuses %j', (value) => expect(() => toSpecDocument(value, 'file')).toThrow(KitError))
