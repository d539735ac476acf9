/** Asks for the admin token when the server wants one; it stays in this tab. */
import { useState } from 'preact/hooks'
import { useToken } from '../model/admin-api.js'

/** The form. */
export function TokenForm() {
  const [text, setText] = useState('')
  return (
    <main class="token">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          useToken(text.trim())
        }}
      >
        <h1>Admin token</h1>
        <p>
          This server wants the token that it was started with (<code>--admin-token</code>). It is kept in this tab
          only.
        </p>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            autocomplete="off"
            autofocus
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={text.trim() === ''}>
          Open the console
        </button>
      </form>
    </main>
  )
}
