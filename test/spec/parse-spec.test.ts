// What is read as an OpenAPI document, and what a file that is none is told.
import { describe, expect, it } from 'vitest'
import { parseSpec, SpecFileError } from '../../src/spec/parse-spec.js'

describe('parseSpec', () => {
  it.each([
    ['YAML', 'openapi: 3.1.0\ninfo: {title: T, version: 1}\npaths: {}\n'],
    ['JSON', '{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}'],
    ['YAML in flow style, with a comment', '{openapi: 3.1.0, info: {title: T, version: 1}, paths: {}} # all\n'],
    ['text with a byte order mark', '\uFEFFopenapi: 3.1.0\ninfo: {title: T, version: 1}\npaths: {}\n'],
  ])('reads %s', (_form, text) => {
    expect(parseSpec(text, 'file')).toMatchObject({ file: 'file', openapi: '3.1.0', title: 'T', version: '1' })
  })

  it.each([
    ['an open bracket', 'openapi: 3.1.0\npaths: [\n', /^file:3:1: .*expected YAML or JSON/],
    ['a repeated key', 'openapi: 3.1.0\npaths: {}\npaths: {}\n', /^file:3:1: Map keys must be unique, /],
    ['broken JSON', '{"openapi": "3.1.0",\n "paths": {,}}', /^file:2:12: /],
    ['nothing', '', /^file: holds nothing, expected an OpenAPI 3 document\. /],
    ['a list', '- a\n', /^file: holds a list, /],
    ['a page', '<!doctype html>', /^file: holds a string, /],
    ['no version', 'paths: {}', /^file: has no "openapi" version, expected 3\.0, 3\.1 or 3\.2\. /],
    ['another version', 'openapi: 4.0.0\npaths: {}', /^file: says "openapi: 4\.0\.0", expected 3\.0, 3\.1 or 3\.2\. /],
    ['Swagger', 'swagger: "2.0"\npaths: {}', /^file: is Swagger 2\.0, expected OpenAPI 3\. Convert it first\.$/],
    ['no paths', 'openapi: 3.1.0', /^file: "paths" is missing or no object/],
    ['an alias of itself', 'openapi: 3.1.0\npaths: &p\n  /a: *p\n', /^file: .*no end/],
  ])('says in one line what is wrong with %s', (_problem, text, message) => {
    expect(() => parseSpec(text, 'file')).toThrow(SpecFileError)
    expect(() => parseSpec(text, 'file')).toThrow(message)
    expect(() => parseSpec(text, 'file')).not.toThrow(/\n/)
  })
})
