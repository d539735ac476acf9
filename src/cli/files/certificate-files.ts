/** `--cert FILE --key FILE`: what HTTPS needs, in PEM form. */
import { perhaps } from '../../mocks/base/words.js'
import { readText } from './input-file.js'

/** @throws KitError `file/unreadable` */
export async function readCertificate(files: {
  cert?: string
  key?: string
}): Promise<{ cert?: string; key?: string }> {
  const { cert, key } = files
  return {
    ...perhaps('cert', cert === undefined ? undefined : await readText(cert, 'certificate')),
    ...perhaps('key', key === undefined ? undefined : await readText(key, 'key')),
  }
}
