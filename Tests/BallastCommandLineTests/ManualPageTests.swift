import BallastCommandLine
import Testing

@Suite struct ManualPageTests {
  func page(_ program: ProgramDescription) -> String {
    ManualPage(
      of: program,
      version: "1.2",
      date: "2026-01-31",
      description: ["More about it."],
      sections: [ManualPage.Section("EXIT STATUS", [("0", "Done."), ("-1", "Not done.")])]
    ).source
  }

  @Test func theWholePage() {
    let source = page(NastySample.program.description)
    #expect(
      source == #"""
        .TH "ODD" "1" "2026-01-31" "odd 1.2" "User Commands"
        .SH "NAME"
        odd \- is odd
        .SH "SYNOPSIS"
        \fBodd\fR [\fIOPTIONS\fR] \fICOMMAND\fR
        [\fIARGUMENTS\fR]
        .br
        \fBodd\fR \fBhelp\fR [\fICOMMAND\fR]
        .SH "DESCRIPTION"
        Is odd.
        .PP
        More about it.
        .SH "COMMANDS"
        .SS "nasty"
        \fBodd nasty\fR [\-\-odd A:B]
        .PP
        It\(aqs [odd]: a\eb.
        .PP
        \&.so /etc/passwd
        \(aqso again
        .PP
        \(dqQuoted\(dq \- \(ga1\(ha2\(ti3\(ga \[u2265] \[u2026]
        .TP
        \fB\-\-odd\fR \fIA:B\fR
        It\(aqs [a]: c\ed. (values: plain, it\(aqs, a b)
        .SH "GLOBAL OPTIONS"
        .TP
        \fB\-\-color\fR \fIWHEN\fR
        Colour the output. (values: always, never, auto; default: auto)
        .TP
        \fB\-\-threads\fR \fIN\fR
        The number of threads. (default: 2)
        .TP
        \fB\-\-version\fR
        Show the version.
        .TP
        \fB\-h\fR, \fB\-\-help\fR
        Show help information.
        .SH "EXIT STATUS"
        .TP
        \fB0\fR
        Done.
        .TP
        \fB\-1\fR
        Not done.
        .SH "EXAMPLES"
        .TP
        \fBodd nasty \(aqa b\(aq >\(ti/x\fR
        \&...and so on.

        """#
    )
  }

  @Test func groupsOfOptionsHaveATitle() {
    let source = page(Sample.program.description)
    #expect(source.contains(".PP\nSampling options:\n.TP\n\\fB\\-\\-temperature\\fR \\fIX\\fR\n"))
    #expect(source.contains("\\fB\\-\\-totals\\fR/\\fB\\-\\-no\\-totals\\fR\nList the totals."))
  }

  @Test func everyArgumentIsThereOnce() {
    let source = page(Sample.program.description)
    let names = Sample.program.description.commands.flatMap(\.arguments).flatMap(\.names)
    for name in Set(names) {
      let bold = "\\fB\(name.description.replacing("-", with: "\\-"))\\fR"
      let count = source.split(separator: "\n").count {
        $0.split(separator: " ").contains { $0.hasPrefix(bold) }
      }
      #expect(count == 1, "\(name)")
    }
  }

  @Test func noLineIsAMacroByAccident() {
    let macros = ["TH", "SH", "SS", "PP", "TP", "br"]
    for program in [Sample.program.description, NastySample.program.description] {
      for line in page(program).split(separator: "\n") where line.hasPrefix(".") {
        #expect(macros.contains(String(line.dropFirst().prefix { $0 != " " })), "\(line)")
      }
      #expect(!page(program).contains("\n'"))
      let isASCII = page(program).allSatisfy(\.isASCII)
      #expect(isASCII)
    }
  }
}
