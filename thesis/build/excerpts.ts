/**
 * Code excerpts, taken from the sources when the thesis is built: a declaration by its name, or a member as
 * `Class.member`, with the comment above it and without its indentation. What is gone is an error, not an old copy.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export interface Excerpt {
  readonly code: string
  /** Where it starts, from 1. */
  readonly line: number
}

/** Null: there is no such file, or no such declaration in it. */
export function excerptOf(projectDir: string, file: string, symbol: string): Excerpt | null {
  const text = readIfThere(join(projectDir, file))
  if (text === null) return null
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const [name, member] = symbol.split('.')
  const found = source.statements.find((statement) => namesOf(statement).includes(name!))
  const node = member === undefined ? found : memberOf(found, member)
  if (node === undefined) return null
  const start = startWithComment(node, text)
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  return { code: dedented(text.slice(lineStart, node.end)), line: text.slice(0, start).split('\n').length }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  }
  const { name } = statement as ts.DeclarationStatement
  return name === undefined ? [] : [name.getText()]
}

function memberOf(statement: ts.Statement | undefined, member: string): ts.Node | undefined {
  if (statement === undefined) return undefined
  if (!ts.isClassDeclaration(statement) && !ts.isInterfaceDeclaration(statement)) return undefined
  const members: readonly (ts.ClassElement | ts.TypeElement)[] = statement.members
  return members.find((each) =>
    member === 'constructor' ? ts.isConstructorDeclaration(each) : each.name?.getText() === member,
  )
}

/** Of the comment that stands right above, if one does. */
function startWithComment(node: ts.Node, text: string): number {
  const start = node.getStart()
  const comment = (ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []).at(-1)
  if (comment === undefined || /\n\s*\n/.test(text.slice(comment.end, start))) return start
  return comment.pos
}

function dedented(code: string): string {
  const indent = /^ */.exec(code)![0].length
  return code.replaceAll(new RegExp(`^ {0,${indent}}`, 'gm'), '')
}
