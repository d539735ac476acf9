/** `opik-runner-kit/agents`: daemons that answer bridge commands, apart from the mock because of their weight. */
export { connectAgent, type ConnectAgent, type ConnectAgentOptions } from './connect-agent.js'
export type { CommandErrorCode, ScriptedCommand, ScriptedOutput, ScriptedRefusal } from '../../generated/kit-schema.js'
export { CommandError } from './connect/file-tree.js'
export { memoryTree, type FileContents, type FileKind, type FileTree, type MemoryTree } from './connect/file-tree.js'
