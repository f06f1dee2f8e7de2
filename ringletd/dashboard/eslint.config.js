import tseslint from 'typescript-eslint';

export default tseslint.config(
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-restricted-properties': ['error',
        { property: 'innerHTML', message: 'text is never HTML' },
        { property: 'outerHTML', message: 'text is never HTML' },
        { property: 'dangerouslySetInnerHTML', message: 'text is never HTML' },
      ],
      'no-restricted-globals': ['error', 'eval', 'Function'],
      eqeqeq: 'error',
    },
  },
);
