/** Waits until `holds`: for what another process does, and tells nobody. A test that waits in vain runs into its time limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
