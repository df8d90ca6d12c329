using System.Globalization;
using System.Runtime.InteropServices;

namespace Millrace.Bench;

/// <summary>Arrays to train on and to be judged by, as files that every contender reads: see train/peers.py.</summary>
internal sealed record TrainData(string Name, bool IsBinary, int Features, float[] X, double[] Y, float[] TestX, double[] TestY)
{
    /// <summary>A seeded law over independent features: curves, products, steps and one flag, the label drawn by its probability.</summary>
    public static TrainData Synthetic(int rows)
    {
        const int Features = 30;
        var testRows = rows / 4;
        var chance = new Random(20111);
        (float[], double[]) Draw(int count)
        {
            var (x, y) = (new float[count * Features], new double[count]);
            for (var i = 0; i < count; i++)
            {
                var row = x.AsSpan(i * Features, Features);
                for (var f = 0; f < Features; f++)
                    row[f] = (float)(f % 3 == 0 ? Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble())
                        : f % 3 == 1 ? (chance.NextDouble() * 2) - 1 : Math.Floor(chance.NextDouble() * 40));
                var z = (2 * Math.Sin(2 * row[0])) + (3 * row[1] * row[4]) + (row[2] > 20 ? 1.5 : -1.5) + (row[3] * row[3]) - 1
                    + (row[5] < 5 ? 2 * row[7] : 0) + (0.8 * Math.Abs(row[6])) + (row[9] * row[10]) + (0.02 * row[8] * row[13]) + (0.3 * row[12]);
                y[i] = chance.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
            }

            return (x, y);
        }

        var (trainX, trainY) = Draw(rows);
        var (testX, testY) = Draw(testRows);
        return new TrainData(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} x {Features}, binary"), true, Features, trainX, trainY, testX, testY);
    }

    /// <summary>The bike data of the sample's both years, a quarter of the hours held out by a seed.</summary>
    /// <param name="file">hour.csv of the data set bike-sharing.</param>
    public static TrainData Bike(string file, int seed)
    {
        string[] names = ["season", "yr", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit", "temp", "atemp", "hum", "windspeed"];
        var lines = File.ReadAllLines(file).Select(l => l.Split(',')).ToList();
        var columns = names.Select(n => Array.IndexOf(lines[0], n)).ToArray();
        var label = Array.IndexOf(lines[0], "cnt");
        var chance = new Random(seed);
        var sides = lines.Skip(1).GroupBy(_ => chance.Next(4) == 0).ToDictionary(g => g.Key, g => g.ToList());
        float[] X(bool held) => [.. sides[held].SelectMany(l => columns.Select(c => float.Parse(l[c], CultureInfo.InvariantCulture)))];
        double[] Y(bool held) => [.. sides[held].Select(l => double.Parse(l[label], CultureInfo.InvariantCulture))];
        return new TrainData("bike-sharing, hourly, regression", false, names.Length, X(false), Y(false), X(true), Y(true));
    }

    public void Write(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "train.x"), MemoryMarshal.AsBytes<float>(X));
        File.WriteAllBytes(Path.Combine(folder, "train.y"), MemoryMarshal.AsBytes<double>(Y));
        File.WriteAllBytes(Path.Combine(folder, "test.x"), MemoryMarshal.AsBytes<float>(TestX));
        File.WriteAllText(Path.Combine(folder, "shape.txt"), string.Create(CultureInfo.InvariantCulture, $"{Y.Length} {TestY.Length} {Features}"));
    }

    /// <summary>AUC for a binary label, RMSE for a number, over the test rows.</summary>
    public double Quality(double[] predictions)
    {
        if (!IsBinary)
            return Math.Sqrt(predictions.Zip(TestY, (p, y) => (p - y) * (p - y)).Average());
        var order = Enumerable.Range(0, predictions.Length).OrderBy(i => predictions[i]).ToArray();
        var ranks = 0.0;
        for (var from = 0; from < order.Length;)
        {
            var to = from + 1;
            while (to < order.Length && predictions[order[to]] == predictions[order[from]])
                to++;
            for (var i = from; i < to; i++)
                ranks += TestY[order[i]] * (from + to + 1) / 2;
            from = to;
        }

        var positives = TestY.Sum();
        return (ranks - (positives * (positives + 1) / 2)) / (positives * (TestY.Length - positives));
    }
}
