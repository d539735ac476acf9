// The image of deploy/, built and run by podman: who it runs as, who may use it, how it ends; the compose file, brought up by
// podman-compose; and the recipes beside them, compiled.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, realpathSync, symlinkSync } from 'node:fs'
import { spawnSync, execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { Project, type Run } from '../package/project.js'
import { eventually } from '../sdk/eventually.js'
import { snippetsIn } from '../docs/blocks.js'

const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-container-'))
/** Containers of this test alone. Without systemd nothing keeps limits or watches their health. */
const STORE = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay']
const ENGINE = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs']
const RUN = ['run', '--network', 'host', '--read-only', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

function podman(...args: readonly string[]): Run {
  return spawnSync('podman', [...STORE, ...ENGINE, ...args], { encoding: 'utf8', timeout: 500_000 })
}

function mustPodman(...args: readonly string[]): string {
  const { status, stdout, stderr } = podman(...args)
  if (status !== 0) throw new Error(`podman ${args.join(' ')} has ended with ${status}:\n${stdout}${stderr}`)
  return stdout.trim()
}

/** Why this machine runs no containers; undefined where it does. */
let blocked: string | undefined
/** What podman itself ends with when it cannot run one. */
const ENGINE_FAILS = 125

beforeAll(() => {
  const base = join(folder, 'base')
  mkdirSync(base)
  writeBase(base)
  const archive = join(folder, 'base.tar')
  spawnSync('tar', ['--create', '--file', archive, '--directory', base, '.'])
  const change = ['--change', 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt']
  mustPodman('import', ...change, archive, 'localhost/base')
  const { status, stderr } = podman('run', '--rm', '--network', 'host', 'localhost/base', 'true')
  if (status === ENGINE_FAILS) blocked = `no containers run here: ${stderr.trim()}`
  if (blocked !== undefined) return
  cpSync('deploy', join(folder, 'deploy'), { recursive: true })
  cpSync(inject('packed').file, join(folder, 'deploy', 'opik-runner-kit-0.tgz'))
  const build = ['build', '--isolation', 'chroot', '--format', 'docker', '--build-arg', 'BASE=localhost/base']
  mustPodman(...build, '--tag', 'opik-runner-kit', join(folder, 'deploy'))
})

afterAll(() => {
  podman('rm', '--all', '--force')
  podman('rmi', '--all', '--force')
  rmSync(folder, { recursive: true, force: true })
})

describe('the image', () => {
  it('serves as a user without rights, guards the admin API, is healthy, and ends when it is told to', async ({
    skip,
  }) => {
    skip(blocked !== undefined, blocked)
    const port = await freePort()
    const env = ['--env', 'OPIK_RUNNER_KIT_ADMIN_TOKEN=secret']
    const id = mustPodman(...RUN, '--detach', ...env, 'opik-runner-kit', '--port', String(port))
    const origin = `http://127.0.0.1:${port}`
    const statusOf = (path: string, headers = {}): Promise<number> =>
      fetch(origin + path, { headers }).then(
        ({ status }) => status,
        () => 0,
      )
    await eventually('the mock answering', async () => (await statusOf('/api/is-alive/ping')) === 200 || undefined)
    expect(await statusOf('/__admin/health')).toBe(403)
    expect(await statusOf('/__admin/health', { 'x-admin-token': 'secret' })).toBe(200)
    expect(mustPodman('exec', id, 'id', '-u')).toBe('10001')
    mustPodman('stop', '--time', '30', id)
    expect(mustPodman('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0')
  })

  it('listens on 5173, where its health check asks', async ({ skip }) => {
    skip(blocked !== undefined, blocked)
    const id = mustPodman(...RUN, '--detach', '--env', 'OPIK_RUNNER_KIT_ADMIN_TOKEN=secret', 'opik-runner-kit')
    await eventually('the health check passing', () => podman('healthcheck', 'run', id).status === 0 || undefined)
    mustPodman('stop', '--time', '30', id)
    expect(mustPodman('inspect', '--format', '{{.Config.ExposedPorts}}', 'opik-runner-kit')).toContain('5173/tcp')
  })

  it('refuses to be served without a token', ({ skip }) => {
    skip(blocked !== undefined, blocked)
    expect(podman(...RUN, '--rm', 'opik-runner-kit').status).toBe(2)
  })
})

/** What no registry of images and no network between containers takes; all else is the compose file's. */
const OVERRIDE = `services:
  opik:
    build: { args: { BASE: localhost/base } }
    network_mode: host
    ports: !reset []
    ulimits: { nofile: 1024, nproc: 1024 }
`

describe('compose.yaml', () => {
  let compose: (env: Record<string, string>, ...args: string[]) => Run

  beforeAll(() => {
    const tools = join(folder, 'tools')
    spawnSync('python3', ['-m', 'venv', tools])
    spawnSync(join(tools, 'bin', 'pip'), ['install', '--quiet', 'podman-compose==1.6.0'])
    const engine = join(folder, 'podman')
    writeFileSync(engine, `#!/bin/sh\nexec podman ${[...STORE, ...ENGINE].join(' ')} "$@"\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'here.yaml'), OVERRIDE)
    const files = ['-f', join(folder, 'deploy', 'compose.yaml'), '-f', join(folder, 'here.yaml')]
    compose = (env, ...args) =>
      spawnSync(join(tools, 'bin', 'podman-compose'), ['--podman-path', engine, ...files, ...args], {
        encoding: 'utf8',
        timeout: 500_000,
        env: { ...process.env, BUILDAH_ISOLATION: 'chroot', ...env },
      })
  })

  it('builds and serves the mock, healthy, read-only and without capabilities, until it is taken down', async ({
    skip,
  }) => {
    skip(blocked !== undefined, blocked)
    const up = compose({ OPIK_RUNNER_KIT_ADMIN_TOKEN: 'secret' }, 'up', '--build', '--detach')
    expect(up, up.stdout + up.stderr).toMatchObject({ status: 0 })
    const id = mustPodman('ps', '--quiet', '--filter', 'label=com.docker.compose.service=opik')
    await eventually('the health check passing', () => podman('healthcheck', 'run', id).status === 0 || undefined)
    const rights = '{{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}'
    expect(mustPodman('inspect', '--format', rights, id)).toBe('true []')
    const asked = await fetch('http://127.0.0.1:5173/__admin/health', { headers: { 'x-admin-token': 'secret' } })
    expect(asked.status).toBe(200)
    expect(compose({ OPIK_RUNNER_KIT_ADMIN_TOKEN: 'secret' }, 'down')).toMatchObject({ status: 0 })
    expect(mustPodman('ps', '--all', '--quiet', '--filter', 'label=com.docker.compose.service=opik')).toBe('')
  })

  it('is refused without a token', ({ skip }) => {
    skip(blocked !== undefined, blocked)
    expect(compose({ OPIK_RUNNER_KIT_ADMIN_TOKEN: '' }, 'up', '--detach').status).not.toBe(0)
  })
})

describe('recipes for Testcontainers', () => {
  const snippets = snippetsIn('deploy/README.md')
  const only = (language: string): string => snippets.find((each) => each.language === language)?.code ?? ''

  it('compile in Java', () => {
    const project = new Project([])
    project.write('src/main/java/OpikMock.java', only('java'))
    project.write('pom.xml', POM)
    expect(project.run('mvn', ['--batch-mode', '--quiet', 'compile'])).toMatchObject({ status: 0 })
    expect(existsSync(project.at('target/classes/OpikMock.class'))).toBe(true)
    project.remove()
  })

  it('compile in TypeScript', () => {
    const project = new Project(['testcontainers@11', '@types/node@22', 'typescript@5'])
    project.write('recipe.ts', only('ts'))
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
    expect(project.run('npx', ['tsc', ...options, 'recipe.ts'])).toMatchObject({ status: 0, stdout: '' })
    project.remove()
  })
})

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>recipe</groupId>
  <artifactId>recipe</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>org.testcontainers</groupId>
      <artifactId>testcontainers</artifactId>
      <version>1.21.4</version>
    </dependency>
  </dependencies>
</project>
`

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const TOOLS = ['env', 'id', 'rm', 'sh']

/** Writes the base's files into an empty folder. */
function writeBase(folder: string): void {
  const place = (file: string, at = file): void => {
    mkdirSync(join(folder, dirname(at)), { recursive: true })
    cpSync(realpathSync(file), join(folder, at), { recursive: true })
  }
  const node = realpathSync(process.execPath)
  place(node, '/usr/local/bin/node')
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+)(?: \(0x)/g)
  for (const [, library = ''] of libraries) place(library)
  const npm = join(execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim(), 'npm')
  place(npm, '/usr/local/lib/node_modules/npm')
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'))
  place('/usr/bin/busybox')
  mkdirSync(join(folder, 'bin'), { recursive: true })
  for (const tool of TOOLS) {
    symlinkSync('/usr/bin/busybox', join(folder, tool === 'env' ? 'usr/bin' : 'bin', tool))
  }
  place(CERTIFICATES)
  mkdirSync(join(folder, 'root'))
  mkdirSync(join(folder, 'tmp'), { mode: 0o777 })
}
