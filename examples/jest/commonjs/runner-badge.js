/** Shows in an element whether a runner of the project is connected, and looks again every second. */
function startRunnerBadge(element, { url, projectId }) {
  const look = async () => {
    const response = await fetch(`${url}/v1/private/local-runners?project_id=${projectId}&size=50`)
    const { content } = await response.json()
    const runner = content.find(({ status }) => status === 'connected')
    element.textContent = runner === undefined ? 'no runner' : `${runner.name} is connected`
  }
  const timer = setInterval(look, 1000)
  look()
  return { stop: () => clearInterval(timer) }
}

module.exports = { startRunnerBadge }
