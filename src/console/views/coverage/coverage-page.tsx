/** States, moves and operations that were exercised since the server began, on the machines of the spec. */
import { signal } from '@preact/signals'
import { descriptions } from '../../../generated/lifecycle-tables.js'
import { CheckField } from '../../parts/field.js'
import { Panel } from '../../parts/panel.js'
import { diagrams, type LabelledDiagram } from '../../../generated/lifecycle-diagrams.js'
import { renderStateDiagram } from '../../../report/state-diagram.js'
import { HttpStatus, Mark } from '../../parts/values.js'
import type { Coverage as CoverageView } from '../../../generated/kit-schema.js'
import { machineNames, machines } from '../../../lifecycle/table.js'
import { operations } from '../../../kernel/all-operations.js'
import { operationIds } from '../../../kernel/operation.js'
import { readView } from '../../model/admin-api.js'
import { useWatched } from '../../model/live.js'

const isMissingOnly = signal(false)

export function CoveragePage() {
  const { value } = useWatched<CoverageView>('coverage', {
    read: () => readView('/coverage', 'moves', 'calls'),
    isAbout: (event) => 'machine' in event || event.type === 'request',
  })
  if (value === undefined) return null
  const coverage = toCoverage(value)
  return (
    <div class="scroll whole">
      <div class="coverage">
        <ul class="shares" aria-label="Shares">
          {coverage.shares.map(([name, all]) => (
            <ShareBox key={name} name={name} seen={all.filter(Boolean).length} total={all.length} />
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

function ShareBox({ name, seen, total }: { name: string; seen: number; total: number }) {
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
    <Panel title={title} head={<span class="faint push">{`${made} of ${machine.moves.length} transitions`}</span>}>
      <p class="faint">{description}</p>
      <MachineDiagram coverage={machine} title={title} />
    </Panel>
  )
}

const markOf = (isSeen: boolean) => (isSeen ? <Mark words="seen" icon="check" /> : <Mark words="not seen" />)

function Operations({ operations }: { operations: readonly OperationCoverage[] }) {
  const shown = isMissingOnly.value ? operations.filter(({ answers }) => answers.length === 0) : operations
  const choice = { value: isMissingOnly.value, onChange: (isOn: boolean) => (isMissingOnly.value = isOn) }
  return (
    <Panel title="Operations" head={<CheckField label="Only what is missing" kind="push" {...choice} />}>
      <ul class="operations">
        {shown.map((each) => (
          <Operation key={each.operation} operation={each} />
        ))}
      </ul>
      {shown.length === 0 && <p class="faint">Nothing is missing.</p>}
    </Panel>
  )
}

function Operation({ operation: { operation, method, path, answers } }: { operation: OperationCoverage }) {
  const isSeen = answers.length > 0
  return (
    <li class={isSeen ? 'seen' : ''}>
      {markOf(isSeen)}
      <span class="name">{operation}</span>
      <code class="cut faint">
        {method} {path}
      </code>
      <span class="answers">
        {answers.map(({ status, count }) => (
          <span key={status}>
            <HttpStatus status={status} /> <span class="faint number">×{count.toLocaleString('en')}</span>
          </span>
        ))}
      </span>
    </li>
  )
}

/** A machine with how often each of its moves was made. */
function MachineDiagram({ coverage, title }: { coverage: MachineCoverage; title: string }) {
  const { machine, moves, seenStates, isEndSeen } = coverage
  const seen = moves.filter(({ count }) => count > 0)
  const told = seen.map(({ from, to, on, count }) => `${from} to ${to} by ${on}, ${count} times`).join('; ')
  const drawing = renderStateDiagram(diagrams[machine], {
    ...{ id: machine, title: `${title}: ${told || 'nothing was exercised'}` },
    triggersOf: (line) =>
      moves
        .filter(({ move }) => move === line)
        .map(({ on, count }) => ({ tone: count > 0 ? 'passed' : 'not-seen', words: on, count: timesOf(count) })),
    kindsOf: ({ name, kind }) => ((kind === 'end' ? isEndSeen : seenStates.has(name)) ? 'passed' : 'not-seen'),
  })
  return (
    <div
      class="diagram-box scroll"
      tabIndex={0}
      role="region"
      aria-label={`${title}, diagram`}
      dangerouslySetInnerHTML={{ __html: drawing }}
    />
  )
}

function timesOf(count: number): string {
  if (count === 0) return ''
  return `×${count < 10_000 ? count : `${Math.round(count / 1000)}k`}`
}

type Coverage = ReturnType<typeof toCoverage>
type MachineCoverage = Coverage['machines'][number]
type OperationCoverage = Coverage['operations'][number]

function toCoverage({ moves: counts, calls }: CoverageView) {
  const ofMachines = machineNames.map((machine) => {
    const own = counts.filter((each) => each.machine === machine)
    const drawing: LabelledDiagram = diagrams[machine]
    const moves = drawing.moves.flatMap((move) =>
      move.triggers.map((on) => {
        const { from, to } = move
        const count = own.find((each) => each.from === from && each.on === on && each.to === to)?.count ?? 0
        return { move, from, to, on, count }
      }),
    )
    const seenStates = new Set<string>(own.flatMap(({ from, to }) => [from, to]))
    // An end is a state of its own: `none`, where it is then, is also where each began.
    return { machine, moves, seenStates, isEndSeen: own.some(({ to }) => to === 'none') }
  })
  const ofOperations = operationIds.map((operation) => {
    const { method, path } = operations[operation]
    const own = calls.filter((call) => call.operation === operation).toSorted((a, b) => a.status - b.status)
    return { operation, method, path, answers: own }
  })
  const states = ofMachines.flatMap(({ machine, seenStates }) =>
    Object.keys(machines[machine].states).map((state) => seenStates.has(state)),
  )
  const made = ofMachines.flatMap(({ moves }) => moves.map(({ count }) => count > 0))
  const called = ofOperations.map(({ answers }) => answers.length > 0)
  const shares = { states, transitions: made, operations: called }
  return { machines: ofMachines, operations: ofOperations, shares: Object.entries(shares) }
}
