/** The world: runners on the left, what the chosen one has to do in the middle, one job or command on the right. */
import { route } from '../../model/route.js'
import { CommandPane } from './command-pane.js'
import { JobPane } from './job-pane.js'
import { RunnerList } from './runner-list.js'
import { RunnerPane } from './runner-pane.js'

/** The page. On narrow screens only the deepest open column shows. */
export function WorldPage() {
  const { runner, job, command } = route.value
  const depth = job !== undefined || command !== undefined ? 2 : runner === undefined ? 0 : 1
  return (
    <div class="world" data-depth={depth}>
      <RunnerList />
      <RunnerPane />
      {job !== undefined && <JobPane key={job} id={job} />}
      {command !== undefined && <CommandPane key={command} id={command} />}
    </div>
  )
}
