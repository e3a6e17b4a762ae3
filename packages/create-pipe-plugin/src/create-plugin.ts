import { resolve } from 'node:path'
import { readOwnManifest } from './own-manifest.ts'
import { type PluginName, pluginName } from './plugin-name.ts'
import { fillTemplate, readTemplate, wordsOf } from './template.ts'
import { writeFolder } from './write-folder.ts'

/** Where a package is written, and until when. */
export interface CreateOptions {
  /** Missing, empty, or with nothing but `.git` in it. Default: the name of the package without its scope. */
  readonly folder?: string
  /** Ends it; nothing is left. */
  readonly signal?: AbortSignal
}

/** A package that was written. */
export interface CreatedPlugin {
  /** The folder, absolute. */
  readonly folder: string
  /** What it is called, in every place where it has a name. */
  readonly name: PluginName
}

/**
 * Writes the package of a plugin: all of its files, or nothing.
 *
 * @param name of the package, with a scope or without
 * @throws CreateError `NAME_INVALID` or `FOLDER_TAKEN`; the error of the file system; the reason of the signal
 */
export async function createPlugin(name: string, options: CreateOptions = {}): Promise<CreatedPlugin> {
  const { signal = new AbortController().signal } = options
  const template = await readTemplate()
  const names = pluginName(name, wordsOf(template))
  const { devDependencies } = await readOwnManifest()
  const folder = resolve(options.folder ?? name.replace(/^@[^/]*\//, ''))
  await writeFolder(folder, fillTemplate(template, names, devDependencies), signal)
  return { folder, name: names }
}
