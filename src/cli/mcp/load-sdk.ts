/** Loads the SDK for MCP, an optional peer of the package, when it is first needed. */
import type * as McpSdk from '@modelcontextprotocol/server'
import { KitError } from '../../kernel/errors.js'

export type Sdk = typeof McpSdk

/** @throws KitError `mcp/sdk` where it is not installed */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@modelcontextprotocol/server')
  } catch (error) {
    throw new KitError(
      'mcp/sdk',
      {
        failed: 'The MCP server needs the package @modelcontextprotocol/server.',
        fix: 'Install it in the project: npm install --save-dev @modelcontextprotocol/server@2',
      },
      { cause: error },
    )
  }
}
