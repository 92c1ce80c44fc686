/** Has the program believe that it runs on macOS: it asks ps(1) for what it asks /proc for elsewhere. */

Object.defineProperty(process, 'platform', { value: 'darwin' })
