/** What users read of a run on standard error, whatever is on standard output. */
import { messageOf } from '../../kernel/errors.js'
import { printableLines } from '../../kernel/printable.js'

/** Writes a text or the message of an error, without what no terminal should get. */
export function say(trouble: unknown): void {
  process.stderr.write(printableLines(`${messageOf(trouble)}\n`))
}

/** The last line of a terminal, overwritten as work goes on. Without a terminal, and in CI, it writes nothing. */
export function createProgressLine() {
  const isShown = process.stderr.isTTY && process.env['CI'] === undefined
  let last = ''
  return {
    show(text: string): void {
      if (isShown && text !== last) process.stderr.write(`\r\u001B[K${text} `)
      last = text
    },
    clear(): void {
      if (isShown && last !== '') process.stderr.write('\r\u001B[K')
      last = ''
    },
  }
}
