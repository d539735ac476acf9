const ended = ['completed', 'failed', 'cancelled']

/** Looks at a job every two seconds, as Opik's web app does, and returns it once it has ended. */
export async function waitForJob(url, jobId) {
  for (;;) {
    const response = await fetch(`${url}/v1/private/local-runners/jobs/${jobId}`)
    if (!response.ok) throw new Error(`The job cannot be read: ${response.status}.`)
    const job = await response.json()
    if (ended.includes(job.status)) return job
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
}
