/** What was asked for cannot be done, and what to do instead. Nothing was written. */
export class CreateError extends Error {
  override readonly name = 'CreateError'
  /** Stays the same from version to version; the message does not. */
  readonly code: 'ARGUMENT_INVALID' | 'NAME_INVALID' | 'FOLDER_TAKEN'

  constructor(code: CreateError['code'], message: string) {
    super(message)
    this.code = code
  }
}
