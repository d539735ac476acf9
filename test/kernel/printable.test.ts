// Whatever somebody writes, what is shown of it does nothing but be seen, and loses nothing.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeMarkup, printable, printableData, printableLines } from '../../src/kernel/printable.js'
import { dangers, hostileText } from './hostile-text.js'

describe('printable', () => {
  it('leaves nothing that acts on a terminal or commands a CI job, and one line of it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(dangers(printable(text))).toEqual([])
        expect(printable(text)).not.toContain('\n')
      }),
    )
  })

  it('leaves plain text as it is, in any script', () => {
    for (const text of ['Ärger: 50 %', 'job::1', '日本語', 'C:\\new', '# one', '🙂']) expect(printable(text)).toBe(text)
  })
})

describe('printableLines', () => {
  it('keeps lines, makes the rest harmless, and changes nothing a second time', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = printableLines(text)
        expect(dangers(shown)).toEqual([])
        expect(shown.split('\n')).toHaveLength(text.split('\n').length)
        expect(printableLines(shown)).toBe(shown)
      }),
    )
  })

  it('changes no JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        const json = JSON.stringify(value, null, 2)
        expect(dangers(printableLines(json))).toEqual([])
        expect(JSON.parse(printableLines(json))).toEqual(JSON.parse(json))
      }),
    )
  })

  it('takes a time that grows with the text alone', () => {
    for (const text of ['\n', ' ', ' \n', ':', '#', '\u001B']) {
      expect(printableLines(text.repeat(300_000)).length).toBeGreaterThanOrEqual(300_000)
    }
  })
})

it('printableData reaches every text, names of members among them, and keeps the form', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const shown = printableData({ list: [text, 1, null], inner: { [`a${text}`]: true } })
      expect(dangers(JSON.stringify(shown))).toEqual([])
      expect(shown).toMatchObject({ list: [printableLines(text), 1, null] })
    }),
  )
})

it('escapeMarkup leaves no markup', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(escapeMarkup(text)).not.toMatch(/[<>"'\n]|&(?!amp;|lt;|gt;|quot;|#39;|#10;)/)
      expect(dangers(escapeMarkup(text))).toEqual([])
    }),
  )
})
