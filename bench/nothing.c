/* nothing.c - linked to the libraries of tlsagen, does nothing: what starting alone costs. */
int main(void)
{
    return 0;
}
