// Looks at what npm users get: packs every package and hands the tarball to publint and attw.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { report } from './report.ts'
import { problemsOf } from './tarball-problems.ts'
import { pack } from './tarball.ts'
import { published } from './workspace.ts'

const problems: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'pipe-pack-'))
try {
  for (const { path, manifest } of published()) {
    const found = await problemsOf(await pack(path, folder))
    problems.push(...found.map((problem) => `${manifest.name}: ${problem}`))
  }
} finally {
  rmSync(folder, { recursive: true })
}
report('publint and attw accept every package', problems)
