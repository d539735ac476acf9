// Transcripts of an MCP client, as docs/mcp.md shows one: played again, and held against what the page shows.
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { onTestFinished } from 'vitest'

/** One call, and what the page shows of its answer. */
export interface Step {
  readonly tool: string
  readonly input: Record<string, unknown>
  readonly shown: string
}

/** Reads the blocks of a page in which lines such as `> look {"of": "jobs"}` are calls. */
export function stepsIn(page: string): Step[] {
  const blocks = [...page.matchAll(/^```\n(> [^]*?)^```/gm)].map(([, text = '']) => text)
  return blocks.flatMap((block) =>
    block
      .split(/^> /m)
      .slice(1)
      .map((part) => {
        const [call = '', ...lines] = part.split('\n')
        const [, tool = '', input = '{}'] = /^(\w+)(?: (.*))?$/.exec(call) ?? []
        return { tool, input: JSON.parse(input) as Record<string, unknown>, shown: lines.join('\n').trim() }
      }),
  )
}

/** What the page shows as a pattern: `...` stands for any text, and on a line of its own for any lines. */
export function patternOf(shown: string): RegExp {
  const parts = shown.split('...').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*?')}$`)
}

/** The client of the SDK, on the built command. */
export async function openClient(...args: string[]): Promise<Client> {
  const client = new Client({ name: 'story', version: '1' })
  const command = { command: process.execPath, args: ['dist/cli/main.js', 'mcp', ...args], stderr: 'ignore' as const }
  await client.connect(new StdioClientTransport(command))
  onTestFinished(() => client.close())
  return client
}

/** Calls a tool; gives its text. */
export async function call(client: Client, tool: string, input: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name: tool, arguments: input })
  return content.map((part) => ('text' in part && typeof part.text === 'string' ? part.text : '')).join('\n')
}
