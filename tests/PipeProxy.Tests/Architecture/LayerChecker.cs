using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PipeProxy.Tests.Architecture;

/// <summary>A use that the table does not allow.</summary>
/// <param name="File">Relative to src/PipeProxy.</param>
/// <param name="Line">One-based.</param>
/// <param name="Who">The folder that uses.</param>
/// <param name="What">The symbol used, by its full name, or the rule that is broken.</param>
internal sealed record LayerViolation(string File, int Line, string Who, string What)
{
    /// <summary>As compilers write it, so that editors jump to the place.</summary>
    public override string ToString() => $"src/PipeProxy/{File}:{Line}: {Who} may not use {What}";
}

/// <summary>Finds uses between folders by what each piece of code means, not by how it is spelled.</summary>
/// <remarks>
/// Every node is asked for its symbol and for the types of what it computes: so a type counts that is inferred by <c>var</c>, returned
/// half-way through a chain of calls, converted to without a cast, enumerated, awaited or deconstructed, and so does the class that
/// declares an extension method. A name in a documentation comment counts as well: it has to compile.
/// </remarks>
internal sealed class LayerChecker
{
    private const string Library = "PipeProxy";

    private static readonly SymbolDisplayFormat FullName = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        memberOptions: SymbolDisplayMemberOptions.IncludeContainingType);

    private readonly SemanticModel _model;
    private readonly string _file;
    private readonly string _folder;
    private readonly HashSet<LayerViolation> _violations;

    private LayerChecker(SemanticModel model, string file, HashSet<LayerViolation> violations)
    {
        _model = model;
        _file = file;
        _folder = file.Contains('/', StringComparison.Ordinal) ? file[..file.IndexOf('/', StringComparison.Ordinal)] : LayerTable.Root;
        _violations = violations;
    }

    /// <summary>All violations in the given sources of a compilation without errors, in order of file and line.</summary>
    internal static IReadOnlyList<LayerViolation> Check(CSharpCompilation compilation, IEnumerable<LibrarySource> sources)
    {
        HashSet<string> files = sources.Select(source => source.Path).ToHashSet(StringComparer.Ordinal);
        HashSet<LayerViolation> violations = [];
        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(tree => files.Contains(tree.FilePath)))
        {
            new LayerChecker(compilation.GetSemanticModel(tree), tree.FilePath, violations).CheckTree(tree.GetRoot());
        }

        return [.. violations.OrderBy(v => v.File, StringComparer.Ordinal).ThenBy(v => v.Line).ThenBy(v => v.What, StringComparer.Ordinal)];
    }

    private void CheckTree(SyntaxNode root)
    {
        if (_folder != LayerTable.Root && !LayerTable.MayUse.ContainsKey(_folder))
        {
            Report(root, $"itself: the folder '{_folder}' is not in the table");
        }

        foreach (SyntaxNode node in root.DescendantNodesAndSelf(descendIntoTrivia: true))
        {
            CheckNamespace(node);
            CheckSymbols(node);
            CheckTypes(node);
            CheckHiddenCalls(node);
        }
    }

    // Namespace = folder: otherwise the table, which is about namespaces, says nothing about the folder.
    private void CheckNamespace(SyntaxNode node)
    {
        string folders = Path.GetDirectoryName(_file)!.Replace('\\', '/').Replace('/', '.');
        string expected = folders.Length == 0 ? Library : $"{Library}.{folders}";
        if (node is BaseNamespaceDeclarationSyntax declaration && _model.GetDeclaredSymbol(declaration) is INamespaceSymbol declared
            && declared.ToDisplayString() != expected)
        {
            Report(declaration, $"the namespace {declared.ToDisplayString()}: its folder says {expected}");
        }
        else if (node is MemberDeclarationSyntax and not BaseNamespaceDeclarationSyntax && node.Parent is CompilationUnitSyntax)
        {
            Report(node, $"the global namespace: its folder says {expected}");
        }
    }

    private void CheckSymbols(SyntaxNode node)
    {
        // A using line counts even when nothing of the namespace is used.
        if (node is UsingDirectiveSyntax { NamespaceOrType: { } target } && _model.GetSymbolInfo(target).Symbol is INamespaceSymbol named)
        {
            CheckUse(node, named, named);
        }

        SymbolInfo info = _model.GetSymbolInfo(node);
        Note(node, info.Symbol);
        foreach (ISymbol candidate in info.CandidateSymbols)
        {
            Note(node, candidate);
        }

        if (node is VariableDeclaratorSyntax or SingleVariableDesignationSyntax or ParameterSyntax or ForEachStatementSyntax)
        {
            Note(node, _model.GetDeclaredSymbol(node));
        }
    }

    private void CheckTypes(SyntaxNode node)
    {
        TypeInfo types = _model.GetTypeInfo(node);
        Note(node, types.Type);
        Note(node, types.ConvertedType);
        if (node is ExpressionSyntax expression)
        {
            Note(node, _model.GetConversion(expression).MethodSymbol);
        }
    }

    // Calls that the compiler writes: their names stand nowhere.
    private void CheckHiddenCalls(SyntaxNode node)
    {
        switch (node)
        {
            case CommonForEachStatementSyntax each:
                ForEachStatementInfo loop = _model.GetForEachStatementInfo(each);
                Note(node, loop.GetEnumeratorMethod);
                Note(node, loop.GetEnumeratorMethod?.ReturnType);
                Note(node, loop.CurrentProperty);
                Note(node, loop.ElementType);
                Note(node, loop.ElementConversion.MethodSymbol);
                break;
            case AwaitExpressionSyntax wait:
                AwaitExpressionInfo awaited = _model.GetAwaitExpressionInfo(wait);
                Note(node, awaited.GetAwaiterMethod);
                Note(node, awaited.GetAwaiterMethod?.ReturnType);
                break;
            case AssignmentExpressionSyntax { Left: TupleExpressionSyntax or DeclarationExpressionSyntax } assignment:
                NoteDeconstruction(node, _model.GetDeconstructionInfo(assignment));
                break;
            case RecursivePatternSyntax when _model.GetOperation(node) is IRecursivePatternOperation pattern:
                Note(node, pattern.MatchedType);
                Note(node, pattern.DeconstructSymbol);
                break;
            case InitializerExpressionSyntax { RawKind: (int)SyntaxKind.CollectionInitializerExpression } initializer:
                foreach (ExpressionSyntax element in initializer.Expressions)
                {
                    Note(element, _model.GetCollectionInitializerSymbolInfo(element).Symbol);
                }

                break;
        }
    }

    private void NoteDeconstruction(SyntaxNode at, DeconstructionInfo info)
    {
        Note(at, info.Method);
        Note(at, info.Conversion?.MethodSymbol);
        foreach (DeconstructionInfo nested in info.Nested)
        {
            NoteDeconstruction(at, nested);
        }
    }

    private void Note(SyntaxNode at, ISymbol? symbol)
    {
        switch (symbol)
        {
            case IAliasSymbol alias:
                Note(at, alias.Target);
                break;
            case IArrayTypeSymbol array:
                Note(at, array.ElementType);
                break;
            case IPointerTypeSymbol pointer:
                Note(at, pointer.PointedAtType);
                break;
            case IFunctionPointerTypeSymbol function:
                Note(at, function.Signature.ReturnType);
                NoteAll(at, function.Signature.Parameters.Select(parameter => parameter.Type));
                break;
            case INamedTypeSymbol type:
                CheckUse(at, type.ContainingNamespace, type);
                NoteAll(at, type.TypeArguments);
                Note(at, type.ContainingType);
                break;
            case IMethodSymbol method:
                CheckUse(at, method.ContainingNamespace, method);
                Note(at, method.ContainingType);
                Note(at, method.ReducedFrom?.ContainingType);
                Note(at, method.ReturnType); // of a method that is not called but passed on
                NoteAll(at, method.TypeArguments);
                break;
            case IPropertySymbol or IFieldSymbol or IEventSymbol:
                Note(at, symbol.ContainingType);
                break;
            case ILocalSymbol local:
                Note(at, local.Type);
                break;
            case IParameterSymbol parameter:
                Note(at, parameter.Type);
                break;
        }
    }

    private void NoteAll(SyntaxNode at, IEnumerable<ITypeSymbol> types)
    {
        foreach (ITypeSymbol type in types)
        {
            Note(at, type);
        }
    }

    private void CheckUse(SyntaxNode at, INamespaceSymbol? home, ISymbol used)
    {
        string space = home?.ToDisplayString() ?? "";
        string name = used.ToDisplayString(FullName);
        if (space == Library || space.StartsWith(Library + ".", StringComparison.Ordinal))
        {
            string layer = space == Library ? LayerTable.Root : space.Split('.')[1];
            if (!LayerTable.Allows(_folder, layer))
            {
                Report(at, used is IMethodSymbol ? used.ContainingType.ToDisplayString(FullName) : name);
            }
        }
        else if (LayerTable.Forbidden.FirstOrDefault(f => name == f || name.StartsWith(f + ".", StringComparison.Ordinal)) is not null)
        {
            Report(at, name);
        }
    }

    private void Report(SyntaxNode at, string what) =>
        _violations.Add(new LayerViolation(_file, at.GetLocation().GetLineSpan().StartLinePosition.Line + 1, _folder, what));
}
