using System.CommandLine;

namespace Millrace.Cli.Commands;

/// <summary>One command of the program: its words, its help, and the one call to the engine that it makes.</summary>
internal abstract class CliCommand
{
    /// <param name="name">The words that name it, such as <c>table show</c>.</param>
    /// <param name="summary">What it does, in one line.</param>
    protected CliCommand(string name, string summary)
    {
        Name = name;
        Words = new Command(name.Split(' ')[^1], summary);
    }

    public string Name { get; }

    /// <summary>What it takes.</summary>
    public Command Words { get; }

    /// <summary>More than the summary for its help, one paragraph a line; null for nothing.</summary>
    public virtual string? Details => null;

    /// <summary>How it is used, and what for.</summary>
    public abstract IReadOnlyList<(string Words, string Meaning)> Examples { get; }

    /// <summary>The argument that names the project, where there is one.</summary>
    public virtual Argument<string?>? Project => null;

    /// <summary>True when it works with the project as the folder says, so that a mistake in it stops the command; others fall back on what is released.</summary>
    public virtual bool NeedsSoundProject => false;

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    public abstract int Execute(Invocation call);

    protected void Takes(params IReadOnlyList<Symbol> words)
    {
        foreach (var word in words)
        {
            if (word is Argument argument)
                Words.Arguments.Add(argument);
            else
                Words.Options.Add((Option)word);
        }
    }
}
