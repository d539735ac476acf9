// Text as an enemy writes it, and what of it must reach neither a terminal, the log of a CI job nor a page.
import fc from 'fast-check'

// The same in every run: what fails today fails tomorrow.
fc.configureGlobal({ seed: 1 })

const PIECES = [
  ...['\n', '\r', '\r\n', '\t', '\u0000', '\u0007', '\b', '\u007F', '\u0085', '\u009B31m', '\u2028', '\u2029'],
  ...['\u001B[2J', '\u001B]8;;https://evil.example\u0007', '\u001B[0Ksection_start:0:x\r', '\u001B[31m'],
  ...['::add-mask::secret', '\n::error::x', '\n   ::stop-commands::x', '::', ':'],
  ...['##[command]x', '##vso[task.x]', '#', '[x'],
  ...['\u202E', '\u2066', '\u200F', '\u200B', '\uFEFF', '\u00AD', '\u{E0041}', '\uD800', '\uDC00', '\uFFFE', '\uFFFF'],
  ...['<evil>', '</pre><evil x="', '"><evil>', "'><evil ", '&lt;', ']]>', '-->', '</title><evil>', '```\n<evil>'],
  ...['`<evil>`', '![evil](https://evil.example)', '[evil](javascript:x)', '| evil |', '@evil', 'plain', ' ', 'é'],
  ...['👩‍🔧', '$(evil)', "'"],
]

/** Any characters. The library's own strings of all characters take a second to be made ready. */
const anything = fc
  .array(fc.integer({ min: 0, max: 0x10_ffff }), { maxLength: 3 })
  .map((characters) => String.fromCodePoint(...characters))

/** Pieces of all kinds, in any order. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), anything), { maxLength: 8 })
  .map((pieces) => pieces.join(''))

/** What of a text would act on a terminal, or command a CI job; `own` are the commands that it may hold. */
export function dangers(text: string, own = /^$/): string[] {
  const marks = text.match(/[^\P{Cc}\n]|[\p{Cf}\p{Cs}\u2028\u2029\uFFFE\uFFFF]/gu) ?? []
  const commands = text.split('\n').filter((line) => line.trimStart().startsWith('::') && !own.test(line))
  return [...marks, ...commands, ...(text.match(/##(\[|vso\[|teamcity\[)/g) ?? [])]
}
