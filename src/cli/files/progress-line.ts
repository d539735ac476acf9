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
