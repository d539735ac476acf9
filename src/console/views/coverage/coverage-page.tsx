/** States, moves and operations that were exercised since the server began, on the machines of the spec. */
import { signal } from '@preact/signals'
import { descriptions } from '../../../generated/lifecycle-tables.js'
import {
  useCoverage,
  type MachineCoverage,
  type OperationCoverage,
  type Share,
} from '../../model/paths/lifecycle-cover.js'
import { plain } from '../../model/labels.js'
import { Icon } from '../../parts/icon.js'
import { HttpStatus } from '../../parts/status.js'
import { MachineDiagram } from './machine-diagram.js'

const isMissingOnly = signal(false)

/** The page. */
export function CoveragePage() {
  const coverage = useCoverage()
  if (coverage === undefined) return null
  return (
    <div class="scroll whole">
      <div class="coverage">
        <ul class="shares" aria-label="Shares">
          {coverage.shares.map(([name, share]) => (
            <ShareBox key={name} name={name} share={share} />
          ))}
        </ul>
        {coverage.machines.map((machine) => (
          <Machine key={machine.machine} machine={machine} />
        ))}
        <Operations operations={coverage.operations} />
      </div>
    </div>
  )
}

function ShareBox({ name, share: { seen, total } }: { name: string; share: Share }) {
  const percent = total === 0 ? 100 : Math.floor((100 * seen) / total)
  return (
    <li class="panel">
      <strong class="number">{percent}%</strong> {name}
      <p class="faint">
        {seen} of {total}
      </p>
      <svg class="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="4" />
        <rect class="level" width={percent} height="4" />
      </svg>
    </li>
  )
}

function Machine({ machine }: { machine: MachineCoverage }) {
  const { title, description } = descriptions.machines[machine.machine]
  const made = machine.moves.filter(({ count }) => count > 0).length
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <span class="faint push">
          {made} of {machine.moves.length} transitions
        </span>
      </header>
      <p class="faint">{description}</p>
      <MachineDiagram coverage={machine} title={title} />
      <Moves moves={machine.moves} />
    </section>
  )
}

/** The moves in words, where there is no room for the diagram. */
function Moves({ moves }: { moves: MachineCoverage['moves'] }) {
  return (
    <ul class="moves">
      {moves.map(({ from, on, to, count }) => (
        <li key={`${from} ${on} ${to}`} class={count > 0 ? 'seen' : ''}>
          <Mark isSeen={count > 0} />
          <span>
            {plain(from)} → {plain(to)} <span class="faint">{on}</span>
          </span>
          {count > 0 && <span class="faint number">×{count.toLocaleString('en')}</span>}
        </li>
      ))}
    </ul>
  )
}

function Mark({ isSeen }: { isSeen: boolean }) {
  return (
    <span class="mark">
      {isSeen ? <Icon name="check" size={14} /> : '·'}
      <span class="visually-hidden">{isSeen ? 'seen' : 'not seen'}</span>
    </span>
  )
}

function Operations({ operations }: { operations: readonly OperationCoverage[] }) {
  const shown = isMissingOnly.value ? operations.filter(({ answers }) => answers.length === 0) : operations
  return (
    <section class="panel" aria-labelledby="operations-title">
      <header class="panel-head">
        <h2 id="operations-title">Operations</h2>
        <label class="check push">
          <input
            type="checkbox"
            checked={isMissingOnly.value}
            onChange={(event) => (isMissingOnly.value = event.currentTarget.checked)}
          />
          <span>Only what is missing</span>
        </label>
      </header>
      <ul class="operations">
        {shown.map((each) => (
          <Operation key={each.operation} operation={each} />
        ))}
      </ul>
      {shown.length === 0 && <p class="faint">Nothing is missing.</p>}
    </section>
  )
}

function Operation({ operation: { operation, method, path, answers } }: { operation: OperationCoverage }) {
  const isSeen = answers.length > 0
  return (
    <li class={isSeen ? 'seen' : ''}>
      <Mark isSeen={isSeen} />
      <span class="name">{operation}</span>
      <code class="cut faint">
        {method} {path}
      </code>
      <span class="answers">
        {answers.map(([status, count]) => (
          <span key={status}>
            <HttpStatus status={status} /> <span class="faint number">×{count.toLocaleString('en')}</span>
          </span>
        ))}
      </span>
    </li>
  )
}
