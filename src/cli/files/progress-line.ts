/** The last line of a terminal, written over as work goes on; nothing is written elsewhere, nor in CI. */
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
