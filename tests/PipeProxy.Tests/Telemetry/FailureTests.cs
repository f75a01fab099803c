using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using PipeProxy.Tests.Architecture;

namespace PipeProxy.Tests.Telemetry;

public sealed class FailureTests
{
    [Fact]
    public void EveryFailureOfTheLibrary_SaysWhatToDoNext()
    {
        var compilation = LibraryCompilation.Compile(LibraryCompilation.Sources);
        Finding.None(LibraryCompilation.Errors(compilation));

        var made = MadeIn(compilation).ToList();

        Assert.InRange(made.Count, 50, int.MaxValue);
        Finding.None(made.Where(static made => !made.SaysWhatToDo).Select(static made => made.Place));
    }

    [Fact]
    public void FailureWithoutANextStep_IsSeen()
    {
        var source = new LibrarySource("Made.cs", """
            using PipeProxy.Telemetry;
            class Made
            {
                Failure[] Say(string? text) => [
                    new Failure(Outcome.NoRoute, "d", "Do it."),
                    new(Outcome.NoRoute, "d", $"Do {text}."),
                    new(Outcome.NoRoute, "d", text ?? "Do it."),
                ];
                Failure[] DoNot(string? text) => [
                    new(Outcome.NoRoute, "d", ""),
                    new(Outcome.NoRoute, "d", null!),
                    new(Outcome.NoRoute, "d", text!),
                    new(Outcome.NoRoute, "d", text),
                ];
            }
            """);
        var compilation = LibraryCompilation.Compile(LibraryCompilation.Sources.Append(source));

        Assert.Equal([true, true, true, false, false, false, false], MadeIn(compilation).Where(static made => made.Place.StartsWith("Made.cs", StringComparison.Ordinal)).Select(static made => made.SaysWhatToDo));
    }

    private static IEnumerable<(string Place, bool SaysWhatToDo)> MadeIn(CSharpCompilation compilation)
    {
        foreach (var tree in compilation.SyntaxTrees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var creation in tree.GetRoot().DescendantNodes().OfType<BaseObjectCreationExpressionSyntax>())
            {
                if (model.GetOperation(creation) is IObjectCreationOperation { Type: { Name: "Failure" } type } made && type.ContainingNamespace.ToDisplayString() == "PipeProxy.Telemetry")
                {
                    var next = made.Arguments.Single(static argument => argument.Parameter!.Name == "Next");
                    yield return ($"{tree.FilePath}:{creation.GetLocation().GetLineSpan().StartLinePosition.Line + 1}", SaysSomething(model, next));
                }
            }
        }
    }

    private static bool SaysSomething(SemanticModel model, IArgumentOperation next)
    {
        if (next.Syntax is not ArgumentSyntax { Expression: { } expression } || expression.IsKind(SyntaxKind.SuppressNullableWarningExpression))
        {
            return false;
        }

        var constant = model.GetConstantValue(expression);
        return constant.HasValue ? constant.Value is string { Length: > 0 } : model.GetTypeInfo(expression).Nullability.FlowState == NullableFlowState.NotNull;
    }
}
