// A base for the image where no registry of images is reached: this machine's Node and npm with the libraries and the
// certificates that they load, and Debian's busybox-static for all else.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const TOOLS = ['env', 'id', 'rm', 'sh']

/** Writes the base's files into an empty folder. */
export function writeBase(folder: string): void {
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
