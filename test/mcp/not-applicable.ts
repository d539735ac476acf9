// Scenarios and checks of MCP's conformance suite that this server cannot pass, each with the reason. All others must.

/** Reasons by scenarios, or by the ids of single checks. */
export const notApplicable: readonly { readonly of: RegExp; readonly reason: string }[] = [
  {
    of: /^(tools-call-(simple-text|image|audio|embedded-resource|mixed-content|with-logging|error|with-progress|sampling|elicitation)|json-schema-2020-12)$/,
    reason: "It calls a tool by a name such as test_simple_text, which the suite's example server has.",
  },
  {
    of: /^resources-(read-text|read-binary|templates-read)$/,
    reason: "It reads a resource such as test://static-text, which the suite's example server has.",
  },
  {
    of: /^(elicitation-.*|input-required-result-.*)$/,
    reason: 'It needs tools that ask the user something in the middle; these never do.',
  },
  {
    of: /^resources-(subscribe|unsubscribe)$/,
    reason: 'It subscribes to resources; the server does not declare that.',
  },
  {
    of: /^(prompts-.*|sep-2549-prompts-list-caching-hints)$/,
    reason: 'It asks for prompts; the server has none, and does not declare any.',
  },
  { of: /^completion-complete$/, reason: 'It asks for completions; the server does not declare them.' },
  { of: /^logging-set-level$/, reason: 'It sets a level of logging; the server does not declare logging.' },
  { of: /^tasks-.*$/, reason: 'It runs tools as tasks; the server does not declare this extension.' },
  {
    of: /^http-custom-header-server-validation$/,
    reason: 'It needs a tool whose parameters go into HTTP headers; there is none.',
  },
  {
    of: /^sep-2575-(server-rejects-undeclared-capability|missing-capability-http-400|http-server-no-independent-requests-on-stream|server-no-log-without-loglevel)$/,
    reason: "It calls a diagnostic tool such as test_missing_capability, which the suite's example server has.",
  },
]
