// Prints what failed, each with the first line of its reason, and then one plain line, `N passed, N failed, N skipped`,
// from result files that the test runner's JSON reporter wrote: the end of a long log is what its reader sees.
// Files given as arguments are added up; a file that failed to load its tests counts as one failure.
import { relative } from 'node:path'

import { readJson } from './paths.mjs'

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const file of process.argv.slice(2)) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = readJson(file)
  const brokenFiles = testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed'),
  )
  for (const { name, message } of brokenFiles) printFailure(name, message)
  for (const { name, assertionResults } of testResults)
    for (const test of assertionResults)
      if (test.status === 'failed') printFailure(`${name} > ${test.fullName}`, test.failureMessages[0])
  counts.passed += numPassedTests
  counts.failed += numFailedTests + brokenFiles.length
  counts.skipped += numPendingTests + numTodoTests
}

console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
if (counts.passed === 0 || counts.failed > 0) process.exitCode = 1

function printFailure(test, reason = '') {
  console.log(`failed: ${relative(process.cwd(), test)}\n  ${reason.split('\n', 1)[0].slice(0, 300)}`)
}
