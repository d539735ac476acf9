/** What is wrong with the input of a tool, or with what it asks for: the client gets its message, and no stack. */
export class ToolError extends Error {}
