import type { Param } from 'opik-runner-kit'
import { useId } from 'react'
import { isRequired, kindOf, problemWith } from './inputs'

/** One input of an agent, as a form control that fits its type. The browser checks what it can. */
export function ParamField({ param }: { param: Param }) {
  const id = useId()
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id} className="name">
          {param.name} <span className="presence">{isRequired(param) ? 'required' : 'optional'}</span>
        </label>
        <span id={`${id}-type`} className="hint">
          {param.type}
        </span>
      </div>
      <Control param={param} id={id} />
    </div>
  )
}

function Control({ param, id }: { param: Param; id: string }) {
  const common = { id, name: param.name, required: isRequired(param), 'aria-describedby': `${id}-type` }
  switch (kindOf(param)) {
    case 'integer':
      return <input {...common} type="number" step={1} />
    case 'number':
      return <input {...common} type="number" step="any" />
    case 'boolean':
      // A checkbox cannot tell "no" from "not given".
      return (
        <select {...common} defaultValue="">
          <option value="">not given</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      )
    case 'json':
      return (
        <textarea
          {...common}
          rows={3}
          className="code"
          onInput={({ currentTarget }) => currentTarget.setCustomValidity(problemWith(param, currentTarget.value))}
        />
      )
    case 'text':
      return <textarea {...common} rows={2} />
  }
}
