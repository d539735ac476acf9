const headers = { 'content-type': 'application/json' }

/**
 * One round of a runner: a heartbeat, and a job if there is one. Answers what it has seen.
 *
 * @param {{ url: string, runnerId: string, agents: Record<string, (inputs: any) => unknown>, fetch?: typeof fetch }} options
 */
export async function takeTurn({ url, runnerId, agents, fetch = globalThis.fetch }) {
  const post = (path, body) =>
    fetch(`${url}/v1/private/local-runners/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })

  const beat = await post(`${runnerId}/heartbeats`, {})
  if (beat.status === 410) return { isGone: true }
  if (!beat.ok) return { isDown: true }
  const { cancelled_job_ids: cancelled } = await beat.json()

  const next = await post(`${runnerId}/jobs/next`, {})
  const job = next.status === 200 ? await next.json() : null
  if (job === null) return { cancelled }
  const report = await run(agents[job.agent_name], job.inputs)
  await post(`jobs/${job.id}/results`, report)
  return { cancelled, job: job.id }
}

async function run(agent, inputs) {
  try {
    return { status: 'completed', result: await agent(inputs) }
  } catch (error) {
    return { status: 'failed', error: String(error) }
  }
}

/** Takes turns every five seconds until the runner is gone or `stop` is called. */
export function startWorker(options) {
  const turn = async () => {
    const { isGone } = await takeTurn(options)
    if (isGone) clearInterval(timer)
  }
  const timer = setInterval(turn, 5000)
  return { stop: () => clearInterval(timer) }
}
