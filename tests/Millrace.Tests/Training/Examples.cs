using Millrace.Training;

namespace Millrace.Tests.Training;

/// <summary>Training sets made by a law and a seed, with a feature of every type and missing values.</summary>
internal static class Examples
{
    public static readonly string?[] Colours = ["red", "green", "blue", "grey", "black", null];

    /// <summary>x (number, a tenth missing), steps (integer), open (flag), colour (text, some null), noise (number).</summary>
    public static IReadOnlyList<FeatureColumn> Columns(int rows, int seed)
    {
        var chance = new Random(seed);
        var (x, noise, steps, open, colour) = (new float[rows], new float[rows], new long[rows], new bool[rows], new string?[rows]);
        for (var i = 0; i < rows; i++)
        {
            x[i] = chance.Next(10) == 0 ? float.NaN : (float)((chance.NextDouble() * 4) - 2);
            noise[i] = (float)chance.NextDouble();
            steps[i] = chance.Next(0, 12);
            open[i] = chance.Next(2) == 1;
            colour[i] = Colours[chance.Next(Colours.Length)];
        }

        return
        [
            FeatureColumn.OfNumbers("x", x), FeatureColumn.OfIntegers("steps", steps), FeatureColumn.OfFlags("open", open),
            FeatureColumn.OfTexts("colour", colour), FeatureColumn.OfNumbers("noise", noise),
        ];
    }

    /// <summary>The law: a curve in x, a step, an interaction of flag and colour, a share of its own where x is missing.</summary>
    public static double[] Law(IReadOnlyList<FeatureColumn> columns)
    {
        var law = new double[columns[0].Count];
        for (var i = 0; i < law.Length; i++)
        {
            var x = columns[0].Numbers.Span[i];
            var colour = Array.IndexOf(Colours, columns[3].Texts.Span[i]);
            var step = columns[1].Integers.Span[i] > 6 ? 2 : 0;
            law[i] = (float.IsNaN(x) ? 1.5 : x * x) + step + (columns[2].Flags.Span[i] ? colour - 2 : 0);
        }

        return law;
    }

    public static TrainingSet Regression(int rows, int seed)
    {
        var chance = new Random(seed + 1);
        var columns = Columns(rows, seed);
        return new TrainingSet(LearningTask.Regression, columns, [.. Law(columns).Select(v => v + (chance.NextDouble() - 0.5))]);
    }

    public static TrainingSet Binary(int rows, int seed)
    {
        var chance = new Random(seed + 1);
        var columns = Columns(rows, seed);
        var label = Law(columns).Select(v => chance.NextDouble() < 1 / (1 + Math.Exp(2.5 - v)) ? 1.0 : 0.0);
        return new TrainingSet(LearningTask.Binary, columns, [.. label]);
    }

    public static TrainingSet Of(LearningTask task, int rows, int seed) =>
        task == LearningTask.Binary ? Binary(rows, seed) : Regression(rows, seed);

    /// <summary>Trains on four fifths of the rows and validates on the rest.</summary>
    public static TrainedModel Train(ITrainer trainer, TrainingSet set, int threads = 2, params (string, string)[] parameters)
    {
        var border = set.Rows * 4 / 5;
        var split = new Split([.. Enumerable.Range(0, border)], [.. Enumerable.Range(border, set.Rows - border)], []);
        var request = new TrainingRequest(set, split, TrainerParameters.Of(trainer, parameters), seed: 7) { Threads = threads };
        return trainer.Train(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Trains on all rows.</summary>
    public static TrainedModel TrainAll(ITrainer trainer, TrainingSet set, params (string, string)[] parameters) => trainer.Train(
        new TrainingRequest(set, All(set), TrainerParameters.Of(trainer, parameters), seed: 7), TestContext.Current.CancellationToken);

    public static Split All(TrainingSet set) => new([.. Enumerable.Range(0, set.Rows)], [], []);

    public static ITrainer Trainer(string name) => Trainers.All.Single(t => t.Name == name);

    public static double Rmse(double[] a, IReadOnlyList<double> b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Average());

    /// <summary>The probability that a positive row gets the higher score, ties counting half.</summary>
    public static double Auc(double[] scores, IReadOnlyList<double> labels)
    {
        var (sum, pairs) = (0.0, 0L);
        for (var i = 0; i < scores.Length; i++)
        {
            for (var j = 0; j < scores.Length; j++)
            {
                if (labels[i] != 1 || labels[j] != 0)
                    continue;
                pairs++;
                sum += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }

        return sum / pairs;
    }
}
