/** A curl command to read and to copy. */
import { CopyButton } from './copy.js'

/** The command. */
export function Curl({ text }: { text: () => string }) {
  return (
    <div class="code-box curl">
      <pre tabIndex={0} role="region" aria-label="curl command">
        {text()}
      </pre>
      <CopyButton text={text} title="Copy curl command" />
    </div>
  )
}
