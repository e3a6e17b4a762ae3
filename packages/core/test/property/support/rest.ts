/** Lets every promise settle that can. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 400; i++) await Promise.resolve()
}
