namespace Millrace.Training.Linear;

/// <summary>Solves A x = b for a symmetric positive definite A, in one fixed order.</summary>
/// <remarks>Golub and Van Loan, Matrix Computations, section 4.2. Only the lower triangle is read.</remarks>
internal static class Cholesky
{
    // A pivot this much smaller than its diagonal is rounding: the column is a combination of those before it.
    private const double Tolerance = 1e-12;

    /// <param name="a">n x n, row by row; overwritten by its factor.</param>
    /// <param name="b">Length n; overwritten by x.</param>
    /// <returns>False when A is not positive definite within rounding.</returns>
    public static bool TrySolve(double[] a, double[] b)
    {
        var n = b.Length;
        for (var i = 0; i < n; i++)
        {
            var row = a.AsSpan(i * n, i + 1);
            var diagonal = row[i];
            for (var j = 0; j <= i; j++)
            {
                var other = a.AsSpan(j * n, j + 1);
                var sum = row[j];
                for (var k = 0; k < j; k++)
                    sum -= row[k] * other[k];
                if (j < i)
                    row[j] = sum / other[j];
                else if (sum > diagonal * Tolerance)
                    row[i] = Math.Sqrt(sum);
                else
                    return false;
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
                b[i] -= a[(i * n) + k] * b[k];
            b[i] /= a[(i * n) + i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
                b[i] -= a[(k * n) + i] * b[k];
            b[i] /= a[(i * n) + i];
        }

        return true;
    }
}
