/** A curl command to read and to copy. */
import { CopyButton } from './copy.js'

/** The command; `of` says what it does where there are several. */
export function Curl({ text, of }: { text: () => string; of?: string }) {
  const label = of === undefined ? 'curl command' : `curl command: ${of}`
  return (
    <div class="code-box curl">
      <pre tabIndex={0} role="region" aria-label={label}>
        {text()}
      </pre>
      <CopyButton text={text} title="Copy curl command" />
    </div>
  )
}
