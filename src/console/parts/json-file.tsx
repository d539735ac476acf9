/** A button that reads a JSON file of the user. */
import { Icon } from './icon.js'

/** @param onFile gets undefined for a file that is not JSON */
export function JsonFileButton({ words, onFile }: { words: string; onFile: (name: string, value: unknown) => void }) {
  const load = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0]
    if (file === undefined) return
    const value = parse(await file.text())
    input.value = ''
    onFile(file.name, value)
  }
  return (
    <label class="button file">
      <Icon name="open" size={14} />
      {words}
      <input
        type="file"
        accept="application/json,.json"
        class="visually-hidden"
        onChange={(event) => void load(event.currentTarget)}
      />
    </label>
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
