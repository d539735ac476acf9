/** Loads the SDK for MCP, an optional peer of the package, when it is first needed. */
import type * as McpSdk from '@modelcontextprotocol/server'
import { KitError } from '../../kernel/errors.js'

export type Sdk = typeof McpSdk

/** @throws KitError `mcp/sdk` where it is not installed */
export function loadSdk(): Promise<Sdk> {
  return import('@modelcontextprotocol/server').catch((cause: unknown) => {
    const failed = 'The MCP server needs the package @modelcontextprotocol/server.'
    const fix = 'Install it in the project: npm install --save-dev @modelcontextprotocol/server@2'
    throw new KitError('mcp/sdk', { failed, fix }, { cause })
  })
}
